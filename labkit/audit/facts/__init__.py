"""What the checks read and ask: the account's facts, who may do what in it, and the words of a finding."""
