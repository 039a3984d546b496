// What a program does with KMS: small secrets, data keys for files, and signatures. It knows nothing of any test.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import {
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  SignCommand,
  VerifyCommand,
} from "@aws-sdk/client-kms";

/** Encrypt a short text for its owner; the owner is bound to it as the encryption context. */
export async function seal(kms, key, owner, text) {
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId: key, Plaintext: Buffer.from(text), EncryptionContext: { owner } }),
  );
  return Buffer.from(CiphertextBlob).toString("base64");
}

/** Decrypt it again; with another owner's name KMS refuses. */
export async function open(kms, owner, sealed) {
  const { Plaintext } = await kms.send(
    new DecryptCommand({ CiphertextBlob: Buffer.from(sealed, "base64"), EncryptionContext: { owner } }),
  );
  return Buffer.from(Plaintext).toString();
}

/** Encrypt a file of any size: AES-256-GCM under a data key, which is kept encrypted beside it (envelope encryption). */
export async function sealFile(kms, key, name, content) {
  const context = { file: name };
  const { Plaintext, CiphertextBlob } = await kms.send(
    new GenerateDataKeyCommand({ KeyId: key, KeySpec: "AES_256", EncryptionContext: context }),
  );
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", Plaintext, iv);
  const body = Buffer.concat([cipher.update(content), cipher.final()]);
  Plaintext.fill(0);
  return { name, dataKey: CiphertextBlob, iv, body, tag: cipher.getAuthTag() };
}

/** Ask KMS for the data key, and decrypt the file with it. */
export async function openFile(kms, { name, dataKey, iv, body, tag }) {
  const { Plaintext } = await kms.send(
    new DecryptCommand({ CiphertextBlob: dataKey, EncryptionContext: { file: name } }),
  );
  const decipher = createDecipheriv("aes-256-gcm", Plaintext, iv).setAuthTag(tag);
  const content = Buffer.concat([decipher.update(body), decipher.final()]);
  Plaintext.fill(0);
  return content;
}

const SigningAlgorithm = "ECDSA_SHA_256";

export async function sign(kms, key, message) {
  const { Signature } = await kms.send(
    new SignCommand({ KeyId: key, Message: Buffer.from(message), MessageType: "RAW", SigningAlgorithm }),
  );
  return Signature;
}

/** Verify: `false` where the signature is of another message. */
export async function verify(kms, key, message, Signature) {
  try {
    const { SignatureValid } = await kms.send(
      new VerifyCommand({
        KeyId: key, Message: Buffer.from(message), MessageType: "RAW", Signature, SigningAlgorithm,
      }),
    );
    return SignatureValid;
  } catch (refused) {
    if (refused.name === "KMSInvalidSignatureException") return false;
    throw refused;
  }
}
