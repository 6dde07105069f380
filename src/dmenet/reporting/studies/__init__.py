"""The report of a study: from the folders of its runs to tables and figures."""
