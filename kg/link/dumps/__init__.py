"""Makes indexes from dumps of Wikidata."""
