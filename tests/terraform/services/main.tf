# What teams put under a key of their own: one resource of each service, changed once.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true
}

variable "round" {
  type    = number
  default = 1
}

data "aws_caller_identity" "me" {}

locals {
  account = data.aws_caller_identity.me.account_id
  later   = var.round == 2
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account}:root"]
    }
  }
  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.us-east-1.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:aws:logs:us-east-1:${local.account}:*"]
    }
  }
  statement {
    sid       = "Trail"
    actions   = ["kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "data" {
  description             = "data"
  policy                  = data.aws_iam_policy_document.key.json
  deletion_window_in_days = 7
}

resource "aws_kms_key" "other" {
  description             = "other data"
  policy                  = data.aws_iam_policy_document.key.json
  deletion_window_in_days = 7
}

locals {
  key = local.later ? aws_kms_key.other : aws_kms_key.data
}

# S3

resource "aws_s3_bucket" "papers" {
  bucket        = "papers-under-a-key"
  force_destroy = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "papers" {
  bucket = aws_s3_bucket.papers.id
  rule {
    bucket_key_enabled = !local.later
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = local.key.arn
    }
  }
}

resource "aws_s3_object" "plan" {
  bucket     = aws_s3_bucket.papers.id
  key        = "plan.txt"
  content    = "the plan"
  kms_key_id = aws_kms_key.data.arn
  depends_on = [aws_s3_bucket_server_side_encryption_configuration.papers]
}

# EBS

resource "aws_ebs_encryption_by_default" "on" {
  enabled = !local.later
}

resource "aws_ebs_default_kms_key" "data" {
  key_arn = local.key.arn
}

resource "aws_ebs_volume" "disk" {
  availability_zone = "us-east-1a"
  size              = local.later ? 2 : 1
  encrypted         = true
  kms_key_id        = aws_kms_key.data.arn
}

# Secrets Manager and Systems Manager

resource "aws_secretsmanager_secret" "login" {
  name                    = "login"
  kms_key_id              = local.key.arn
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "login" {
  secret_id     = aws_secretsmanager_secret.login.id
  secret_string = jsonencode({ password = local.later ? "second" : "first" })
}

resource "aws_ssm_parameter" "token" {
  name   = "/app/token"
  type   = "SecureString"
  value  = local.later ? "two" : "one"
  key_id = aws_kms_key.data.key_id
}

# DynamoDB

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = local.key.arn
  }
}

# SNS and SQS

resource "aws_sns_topic" "news" {
  name              = "news"
  kms_master_key_id = local.key.key_id
}

resource "aws_sqs_queue" "work" {
  name                              = "work"
  kms_master_key_id                 = aws_kms_key.data.arn
  kms_data_key_reuse_period_seconds = local.later ? 600 : 300
}

# CloudWatch Logs

resource "aws_cloudwatch_log_group" "app" {
  name              = "app"
  kms_key_id        = local.key.arn
  retention_in_days = 7
}

# CloudTrail

resource "aws_s3_bucket" "trail" {
  bucket        = "trail-under-a-key"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = aws_s3_bucket.trail.arn
      },
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.trail.arn}/AWSLogs/${local.account}/*"
        Condition = { StringEquals = { "s3:x-amz-acl" = "bucket-owner-full-control" } }
      },
    ]
  })
}

resource "aws_cloudtrail" "all" {
  name           = "all"
  s3_bucket_name = aws_s3_bucket.trail.id
  kms_key_id     = local.key.arn
  depends_on     = [aws_s3_bucket_policy.trail]
}

# A role that may use the key, and its function

resource "aws_iam_role" "app" {
  name = "app"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_policy" "use" {
  name = "use-the-key"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = local.later ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
      Resource = aws_kms_key.data.arn
    }]
  })
}

resource "aws_iam_role_policy_attachment" "use" {
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.use.arn
}

resource "aws_iam_role_policy" "inline" {
  name = "inline"
  role = aws_iam_role.app.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:DescribeKey", Resource = aws_kms_key.data.arn }]
  })
}

resource "aws_lambda_function" "app" {
  function_name = "app"
  role          = aws_iam_role.app.arn
  runtime       = "python3.12"
  handler       = "app.handler"
  filename      = "${path.module}/app.zip"
  kms_key_arn   = local.key.arn
  environment {
    variables = { STAGE = local.later ? "live" : "trial" }
  }
}
