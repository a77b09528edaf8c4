"""HTTP in and out: reading a request strictly, one transaction per request, problems, headers, static files."""
