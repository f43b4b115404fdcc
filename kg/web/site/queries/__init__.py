"""What the query editor and the pages of saved queries have beyond the queries themselves."""
