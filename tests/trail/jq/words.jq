# Words that the programs are made of. Each takes an event, or a list of them where it says so.
def is_kms: .eventSource == "kms.amazonaws.com";
def service: .eventSource | rtrimstr(".amazonaws.com");
def name: if startswith("arn:") then split("/") | last else . end;  # of a principal
def contexts: [.requestParameters | objects | .encryptionContext, .constraints.encryptionContextSubset] | map(objects);
def through: (contexts | any(has("aws:ebs:id"))) as $of_a_disk  # the service that made the call for somebody
  | .userIdentity.invokedBy
  | if . == null then "(direct)" elif . == "AWS Internal" then if $of_a_disk then "ec2 (inferred)" else "(AWS)" end
    else ltrimstr("fas.") | rtrimstr(".amazonaws.com") end;
def day: .eventTime[:10];
def hour: .eventTime[11:13] | tonumber;
def is_weekend: "\(.)T00:00:00Z" | fromdate | gmtime | .[6] | . == 0 or . == 6;  # of a day
def five_minutes: .eventTime | .[:15] + if .[15:16] < "5" then "0" else "5" end;
def is_use: is_kms and ({
  Encrypt: 1, Decrypt: 1, ReEncrypt: 1, GenerateDataKey: 1, GenerateDataKeyWithoutPlaintext: 1, GenerateDataKeyPair: 1,
  GenerateDataKeyPairWithoutPlaintext: 1, GenerateMac: 1, VerifyMac: 1, Sign: 1, Verify: 1, DeriveSharedSecret: 1,
  Encapsulate: 1, Decapsulate: 1
}[.eventName] == 1);
def keys_of: [.resources[]? | select(contains(":kms:") and contains(":key/"))];
# A list without the owner's copies of calls across accounts, where the caller's record is there.
def once:
  (reduce (.[] | select(.sharedEventID and .userIdentity.type != "AWSAccount")) as $each
    ({}; .[$each.sharedEventID] = true)) as $callers
  | map(select(.sharedEventID == null or .userIdentity.type != "AWSAccount" or ($callers[.sharedEventID] | not)));
def counted(f): group_by(f) | map([(.[0] | f), length]);  # a list: [value, how many] of each
def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;  # of a list of numbers
def numbered: to_entries | map([.key] + .value);  # a list of rows, as pandas numbers them
