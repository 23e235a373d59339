"""Tables as people have them, read without trust and written so that no program takes a text for a formula."""
