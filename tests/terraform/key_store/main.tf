# An external key store (XKS). The tool that runs this starts the proxy, and gives its path and credential.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "round" {
  type    = number
  default = 1
}

variable "proxy" {
  type      = object({ endpoint = string, path = string, id = string, secret = string })
  sensitive = true
}

resource "aws_kms_custom_key_store" "outside" {
  custom_key_store_name  = var.round == 2 ? "outside-renamed" : "outside"
  custom_key_store_type  = "EXTERNAL_KEY_STORE"
  xks_proxy_connectivity = "PUBLIC_ENDPOINT"
  xks_proxy_uri_endpoint = var.proxy.endpoint
  xks_proxy_uri_path     = var.proxy.path

  xks_proxy_authentication_credential {
    access_key_id         = var.proxy.id
    raw_secret_access_key = var.proxy.secret
  }
}

data "aws_kms_custom_key_store" "outside" {
  custom_key_store_id = aws_kms_custom_key_store.outside.id
}
