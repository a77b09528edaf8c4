"""What happens: records, screens, the API, dashboards, jobs and the command line."""
