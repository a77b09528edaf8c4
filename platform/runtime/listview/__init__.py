"""The list page: what its address says, how its rows are drawn, what its bar offers."""
