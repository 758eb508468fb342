"""Files: workbooks, the store they are kept in, and the links to it."""
