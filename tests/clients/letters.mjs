// The AWS Encryption SDK for JavaScript, for test_javascript.py: `seal KEY` or `open KEY`, standard input to output.
import { KmsKeyringNode, buildClient, CommitmentPolicy } from "@aws-crypto/client-node";

const [what, key] = process.argv.slice(2);
const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const keyring = new KmsKeyringNode({ generatorKeyId: key });
const given = Buffer.concat(await process.stdin.toArray());
if (what === "seal") {
  const { result } = await encrypt(keyring, given, { encryptionContext: { from: "javascript" } });
  process.stdout.write(result);
} else {
  const { plaintext, messageHeader } = await decrypt(keyring, given);
  if (messageHeader.encryptionContext.from !== "python") process.exit(1);
  process.stdout.write(plaintext);
}
