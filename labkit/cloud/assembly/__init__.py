"""Where an account is put together: the only room that knows all the others.

`services.SERVICES` is the one list of services; `cloud.Cloud` opens the accounts and hands the gateway what it needs.
"""
