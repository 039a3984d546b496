"""What AWS's references say of names in policies: global condition keys, services, their keys and actions. Tables."""
