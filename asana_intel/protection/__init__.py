"""What the product does with data about people, for those who have to judge it. Computes nothing about anybody."""
