"""The examples of the script author's guide, as an author and an operator run them."""
