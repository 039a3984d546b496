"""The AWS on your desk. Every call goes the same way, whoever makes it:

    boto3 in this kernel ─┐
    aws CLI, any SDK ─────┤  doors/ → gateway/  one list of steps, in order:
    Lambda functions ─────┘           parse → identify → disturb → plan → authorize → check documents → serve → record
                                                                  │                              │
                                                         authorization/ → policy/      kms/, services/ over moto/,
                                                                                       then cloudtrail/

The rooms, from the top. A room imports only what stands below it (tests/test_architecture.py holds it):

    doors            how a call comes in: botocore in this process, or HTTP on 127.0.0.1
    assembly         puts an account together; the only room that knows all the others
    cloudtrail       records, trails, their delivery, lookup
    services         what AWS's other services do with KMS keys: a folder or a file a service
    gateway          the way of a call
    authorization    gathers policies and the request context, asks `policy`
    moto             moto's back ends, at arm's length
    kms              the service that all is about
    nitro            measures enclaves' images and signs what it measured, under a lab root
    identity         who signed a request
    policy           decisions, from documents alone
    wire             AWS's protocols
    core             a call, the clock, the entropy, the one exception, the reader of KMS's operations
    fidelity         the ledger: what is as on AWS, what differs, what is unknown
"""
