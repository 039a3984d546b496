"""IAM: what moto's answers leave out, and users, roles and policies as AWS names them."""
