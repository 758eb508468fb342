"""The words every capability shares; knows no capability."""
