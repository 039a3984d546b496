"""AWS CloudHSM: the clusters that custom key stores stand on."""
