"""Links and decisions as SSSOM files, for people and for tools of others."""
