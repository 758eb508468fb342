"""What the jobs do, each in a module of its own; `ocms_app.job_table` lists them."""
