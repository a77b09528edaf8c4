"""The screens: handlers that read a request, ask the domain, and render."""
