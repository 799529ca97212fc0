# A key as teams have them: a policy of its own, tags, yearly rotation, an alias, and a grant to a user that no policy lets use it.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region           = "us-west-2"
  custom_ca_bundle = var.ca_bundle
  endpoints {
    iam = var.url
    sts = var.url
    kms = var.url
  }
}

variable "url" { type = string }
variable "ca_bundle" { type = string }
variable "team" {
  type    = string
  default = "blue"
}
variable "rotation_days" {
  type    = number
  default = 365
}
variable "operations" {
  type    = list(string)
  default = ["Decrypt", "GenerateDataKey"]
}

data "aws_caller_identity" "current" {}

resource "aws_iam_user" "app" {
  name = "app"
}

resource "aws_iam_access_key" "app" {
  user = aws_iam_user.app.name
}

data "aws_iam_policy_document" "orders" {
  statement {
    sid       = "Administration"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
  statement {
    sid       = "Describe${title(var.team)}"
    actions   = ["kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.app.arn]
    }
  }
}

resource "aws_kms_key" "orders" {
  description             = "Orders of the team ${var.team}"
  policy                  = data.aws_iam_policy_document.orders.json
  enable_key_rotation     = true
  rotation_period_in_days = var.rotation_days
  deletion_window_in_days = 7
  tags                    = { team = var.team }
}

# The policy of the second key is a resource of its own.
resource "aws_kms_key" "archive" {
  deletion_window_in_days = 7
  is_enabled              = var.team == "blue"
}

resource "aws_kms_key_policy" "archive" {
  key_id = aws_kms_key.archive.id
  policy = data.aws_iam_policy_document.orders.json
}

resource "aws_kms_alias" "orders" {
  name          = "alias/orders"
  target_key_id = var.team == "blue" ? aws_kms_key.orders.key_id : aws_kms_key.archive.key_id
}

resource "aws_kms_grant" "app" {
  name              = "app"
  key_id            = aws_kms_key.orders.key_id
  grantee_principal = aws_iam_user.app.arn
  operations        = var.operations
  constraints {
    encryption_context_equals = { team = var.team }
  }
}

resource "aws_kms_ciphertext" "password" {
  key_id    = aws_kms_key.orders.key_id
  plaintext = "of the database"
  context   = { team = "blue" }
}

data "aws_kms_alias" "orders" {
  name       = "alias/orders"
  depends_on = [aws_kms_alias.orders]
}

output "key_id" { value = aws_kms_key.orders.key_id }
output "archive_id" { value = aws_kms_key.archive.key_id }
output "key_of_alias" { value = data.aws_kms_alias.orders.target_key_id }
output "grant_id" { value = aws_kms_grant.app.grant_id }
output "grant_token" {
  value     = aws_kms_grant.app.grant_token
  sensitive = true
}
output "ciphertext" { value = aws_kms_ciphertext.password.ciphertext_blob }
output "access_key_id" { value = aws_iam_access_key.app.id }
output "secret_access_key" {
  value     = aws_iam_access_key.app.secret
  sensitive = true
}
