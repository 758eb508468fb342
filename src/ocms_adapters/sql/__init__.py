"""The Intranet and Internet databases: SQLite, PostgreSQL and SQL Server."""
