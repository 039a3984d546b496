# Every resource and data source of the provider that is KMS's own, in as many ways as it has, but custom key stores.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

data "aws_caller_identity" "me" {}

variable "round" {
  type    = number
  default = 1
}

locals { second = var.round == 2 }

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Root"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"]
    }
  }
  statement {
    sid       = local.second ? "UseTwo" : "Use"
    actions   = ["kms:Encrypt", "kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.app.arn]
    }
  }
}

resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
}

resource "aws_kms_key" "plain" {}

resource "aws_kms_key" "full" {
  description             = local.second ? "second" : "first"
  policy                  = data.aws_iam_policy_document.key.json
  enable_key_rotation     = true
  rotation_period_in_days = local.second ? 365 : 180
  deletion_window_in_days = 7
  is_enabled              = !local.second
  tags                    = { team = local.second ? "green" : "blue", extra = local.second ? null : "x" }
}

resource "aws_kms_key" "rsa" {
  customer_master_key_spec = "RSA_2048"
  key_usage                = "SIGN_VERIFY"
  description              = "rsa"
}

resource "aws_kms_key" "hmac" {
  customer_master_key_spec = "HMAC_256"
  key_usage                = "GENERATE_VERIFY_MAC"
}

resource "aws_kms_key" "ecdh" {
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "KEY_AGREEMENT"
}

resource "aws_kms_key" "multi" {
  multi_region            = true
  deletion_window_in_days = 7
  enable_key_rotation     = true
}

resource "aws_kms_replica_key" "west" {
  provider                = aws.west
  primary_key_arn         = aws_kms_key.multi.arn
  description             = local.second ? "replica 2" : "replica"
  deletion_window_in_days = 7
  enabled                 = !local.second
  tags                    = { a = "b" }
}

resource "aws_kms_alias" "one" {
  name          = "alias/one"
  target_key_id = local.second ? aws_kms_key.plain.key_id : aws_kms_key.full.key_id
}

resource "aws_kms_alias" "prefix" {
  name_prefix   = "alias/pre-"
  target_key_id = aws_kms_key.plain.arn
}

resource "aws_kms_grant" "g" {
  name              = "g"
  key_id            = aws_kms_key.plain.key_id
  grantee_principal = aws_iam_role.app.arn
  operations        = local.second ? ["Encrypt", "Decrypt", "DescribeKey"] : ["Encrypt", "Decrypt"]
  constraints {
    encryption_context_equals = { dept = "finance" }
  }
}

resource "aws_kms_grant" "retired" {
  key_id             = aws_kms_key.plain.key_id
  grantee_principal  = aws_iam_role.app.arn
  retiring_principal = data.aws_caller_identity.me.arn
  operations         = ["GenerateDataKey", "RetireGrant", "CreateGrant"]
  retire_on_delete   = true
  constraints {
    encryption_context_subset = { dept = "finance" }
  }
}

resource "aws_kms_key" "pol" {}

resource "aws_kms_key_policy" "p" {
  key_id = aws_kms_key.pol.id
  policy = data.aws_iam_policy_document.key.json
}

resource "aws_kms_external_key" "ext" {
  description             = local.second ? "ext 2" : "ext"
  deletion_window_in_days = 7
  key_material_base64     = "Wblj06fduthWggmsT0cLVoIMOkeLbc2kVfMud77i/JY="
  valid_to                = local.second ? "2026-12-21T00:00:00Z" : "2026-11-21T00:00:00Z"
  enabled                 = !local.second
  tags                    = { x = "y" }
}

resource "aws_kms_external_key" "empty" {
  deletion_window_in_days = 7
}

resource "aws_kms_external_key" "multi" {
  multi_region            = true
  key_material_base64     = "Wblj06fduthWggmsT0cLVoIMOkeLbc2kVfMud77i/JY="
  enabled                 = true
  deletion_window_in_days = 7
}

resource "aws_kms_replica_external_key" "west" {
  provider                = aws.west
  primary_key_arn         = aws_kms_external_key.multi.arn
  key_material_base64     = "Wblj06fduthWggmsT0cLVoIMOkeLbc2kVfMud77i/JY="
  deletion_window_in_days = 7
  description             = local.second ? "r2" : "r1"
}

resource "aws_kms_ciphertext" "c" {
  key_id    = aws_kms_key.plain.key_id
  plaintext = local.second ? "payroll 2" : "payroll"
  context   = { dept = "finance" }
}

data "aws_kms_key" "d" {
  key_id = aws_kms_key.full.key_id
}

data "aws_kms_key" "mr" {
  key_id = aws_kms_replica_key.west.primary_key_arn
}

data "aws_kms_key" "ext" {
  key_id = aws_kms_external_key.ext.id
}

data "aws_kms_alias" "d" {
  name = aws_kms_alias.one.name
}

data "aws_kms_key" "s3" {
  key_id = "alias/aws/s3"
}

data "aws_kms_ciphertext" "d" {
  key_id    = aws_kms_key.plain.key_id
  plaintext = "x"
}

data "aws_kms_public_key" "d" {
  key_id = aws_kms_key.rsa.arn
}

data "aws_kms_secrets" "d" {
  secret {
    name    = "a"
    payload = aws_kms_ciphertext.c.ciphertext_blob
    context = { dept = "finance" }
  }
}
