"""The page of a paper: its text with every mention, results, papers like it."""
