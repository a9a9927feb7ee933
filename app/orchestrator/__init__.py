"""The wire: vocabulary, messages, client."""
