# A record of a sample with what programs may ask for, by AWS's names. `principal` is the ARN of the role or user, or the
# name of a service; `resources` are ARNs.
.Records[] | {
  eventID, eventTime, eventSource, eventName, awsRegion, eventType, readOnly, errorCode, errorMessage, sourceIPAddress,
  recipientAccountId, sharedEventID, responseElements,
  resources: [.resources[]?.ARN],
  requestParameters: (
    if .eventSource == "kms.amazonaws.com" and (.eventName | . == "Decrypt" or . == "GenerateDataKey")
    then .requestParameters | if . then {encryptionContext} else . end
    else .requestParameters end),
  userIdentity: (.userIdentity | {type, arn, principalId, accountId, invokedBy, accessKeyId}),
  principal: (.userIdentity
    | if .type == "AssumedRole" then .sessionContext.sessionIssuer.arn
      elif .type == null or .type == "AWSService" then .arn // .invokedBy
      else .arn // .principalId end)
}
