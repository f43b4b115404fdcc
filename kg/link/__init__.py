"""Links names to the items of Wikidata: an index, candidates, and a choice among them or none."""
