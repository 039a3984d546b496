# A service's data under a key of its own: who may use the key, where it is used, and that nobody else can.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true # labkit answers S3 at one address, with the bucket in the path
}

variable "round" {
  description = "2 changes what a team changes later: a longer rotation period, one more permission"
  type        = number
  default     = 1
}

data "aws_caller_identity" "this" {}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "AccountAdministersThroughIAM"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.this.account_id}:root"]
    }
  }

  statement {
    sid       = "OnlyThroughS3"
    effect    = "Deny"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.orders.arn]
    }
    condition {
      test     = "StringNotEquals"
      variable = "kms:ViaService"
      values   = ["s3.us-east-1.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "orders" {
  description             = "Orders"
  policy                  = data.aws_iam_policy_document.key.json
  enable_key_rotation     = true
  rotation_period_in_days = var.round == 1 ? 180 : 365
  deletion_window_in_days = 30
  tags                    = { service = "orders" }
}

resource "aws_kms_alias" "orders" {
  name          = "alias/orders"
  target_key_id = aws_kms_key.orders.key_id
}

resource "aws_s3_bucket" "orders" {
  bucket = "orders-of-a-small-shop"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "orders" {
  bucket = aws_s3_bucket.orders.id

  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.orders.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "orders" {
  bucket                  = aws_s3_bucket.orders.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_iam_role" "orders" {
  name               = "orders"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "orders" {
  statement {
    actions   = var.round == 1 ? ["s3:PutObject"] : ["s3:PutObject", "s3:GetObject"]
    resources = ["${aws_s3_bucket.orders.arn}/*"]
  }

  statement {
    actions   = var.round == 1 ? ["kms:GenerateDataKey"] : ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [aws_kms_key.orders.arn]
  }
}

resource "aws_iam_role_policy" "orders" {
  name   = "use-the-key"
  role   = aws_iam_role.orders.id
  policy = data.aws_iam_policy_document.orders.json
}

output "key" {
  value = aws_kms_key.orders.arn
}
