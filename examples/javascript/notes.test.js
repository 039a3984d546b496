// Run by `npm test` while `labkit serve` runs: the SDK finds the account by AWS_ENDPOINT_URL and the keys beside it.
import assert from "node:assert/strict";
import { createVerify, randomUUID } from "node:crypto";
import { before, test } from "node:test";
import { CommitmentPolicy, KmsKeyringNode, buildClient } from "@aws-crypto/client-node";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  paginateListKeys,
} from "@aws-sdk/client-kms";
import { open, openFile, seal, sealFile, sign, verify } from "./notes.js";

const kms = new KMSClient({});
let key, account;

before(async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: "notes" }));
  key = KeyMetadata.Arn;
  account = KeyMetadata.AWSAccountId;
});

test("a note comes back to its owner, and to nobody else", async () => {
  const sealed = await seal(kms, key, "ana", "buy milk");
  assert.equal(await open(kms, "ana", sealed), "buy milk");
  await assert.rejects(open(kms, "bob", sealed), { name: "InvalidCiphertextException" });
});

test("a file is under a data key", async () => {
  const content = Buffer.alloc(100_000, "kms");
  const sealed = await sealFile(kms, key, "report", content);
  assert.equal(sealed.body.length, content.length);
  assert.deepEqual(await openFile(kms, sealed), content);
  await assert.rejects(openFile(kms, { ...sealed, name: "other" }), { name: "InvalidCiphertextException" });
});

test("a signature is verified by KMS, and by anybody with the public key", async () => {
  const made = await kms.send(new CreateKeyCommand({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }));
  const signing = made.KeyMetadata.Arn;
  const signature = await sign(kms, signing, "contract");
  assert.equal(await verify(kms, signing, "contract", signature), true);
  assert.equal(await verify(kms, signing, "forged", signature), false);
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: signing }));
  const anybody = createVerify("sha256").update("contract");
  assert.ok(anybody.verify({ key: Buffer.from(PublicKey), format: "der", type: "spki" }, signature));
});

test("what the key policy denies is refused, and AWS says why", async () => {
  const everybody = { AWS: `arn:aws:iam::${account}:root` };
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: everybody, Action: "kms:*", Resource: "*" },
      {
        Effect: "Deny", Principal: "*", Action: "kms:Decrypt", Resource: "*",
        Condition: { StringNotEquals: { "kms:EncryptionContext:owner": "ana" } },
      },
    ],
  });
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy }));
  assert.equal(await open(kms, "ana", await seal(kms, KeyMetadata.Arn, "ana", "mine")), "mine");
  const sealed = await seal(kms, KeyMetadata.Arn, "bob", "yours");
  await assert.rejects(open(kms, "bob", sealed), (refused) => {
    assert.equal(refused.name, "AccessDeniedException");
    assert.equal(refused.$metadata.httpStatusCode, 400);
    return /kms:Decrypt on resource: .* with an explicit deny in a resource-based policy/.test(refused.message);
  });
});

test("a disabled key does not encrypt", async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata.KeyId }));
  await assert.rejects(seal(kms, KeyMetadata.KeyId, "ana", "late"), { name: "DisabledException" });
});

test("lists come page by page, times as dates", async () => {
  const AliasName = `alias/notes-${randomUUID()}`;
  await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: key }));
  const { Aliases } = await kms.send(new ListAliasesCommand({ KeyId: key }));
  assert.deepEqual(Aliases.map((each) => each.AliasName), [AliasName]);
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: AliasName }));
  assert.ok(KeyMetadata.CreationDate instanceof Date);
  const found = [];
  for await (const page of paginateListKeys({ client: kms, pageSize: 2 }, {})) {
    found.push(...page.Keys.map((each) => each.KeyArn));
  }
  assert.ok(found.includes(key) && new Set(found).size === found.length);
});

test("the AWS Encryption SDK works on the same key", async () => {
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const keyring = new KmsKeyringNode({ generatorKeyId: key });
  const { result } = await encrypt(keyring, "a long letter", { encryptionContext: { owner: "ana" } });
  const { plaintext, messageHeader } = await decrypt(keyring, result);
  assert.equal(plaintext.toString(), "a long letter");
  assert.equal(messageHeader.encryptionContext.owner, "ana");
});
