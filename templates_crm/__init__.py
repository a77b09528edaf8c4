"""The CRM: documents, sample data and print templates. Data only, no logic."""
