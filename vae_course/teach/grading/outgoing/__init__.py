"""What goes out: tables, the report on a class, and the progress of a run."""
