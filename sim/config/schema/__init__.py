"""What a config may say: the schema, from which the JSON Schema and the reference are made."""
