# Identities as teams have them: a user with an access key in a group, a role that it may assume, policies of all kinds.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region            = "us-west-2"
  custom_ca_bundle  = var.ca_bundle
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

data "aws_caller_identity" "current" {}

resource "aws_iam_policy" "boundary" {
  name        = "boundary"
  path        = "/team/"
  description = "What nobody in the team goes beyond"
  policy      = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["kms:*", "sts:*"], Resource = "*" }] })
}

data "aws_iam_policy_document" "keys" {
  statement {
    sid       = "Use${title(var.team)}"
    actions   = ["kms:ListKeys", "kms:Encrypt", "kms:Decrypt"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = [var.team]
    }
  }
}

resource "aws_iam_policy" "keys" {
  name   = "keys"
  policy = data.aws_iam_policy_document.keys.json
  tags   = { team = var.team }
}

resource "aws_iam_user" "app" {
  name                 = "app"
  path                 = "/team/"
  permissions_boundary = aws_iam_policy.boundary.arn
  tags                 = { team = var.team }
}

resource "aws_iam_access_key" "app" {
  user = aws_iam_user.app.name
}

resource "aws_iam_user_policy" "assume" {
  name   = "assume"
  user   = aws_iam_user.app.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.worker.arn }] })
}

resource "aws_iam_user_policy_attachment" "keys" {
  user       = aws_iam_user.app.name
  policy_arn = aws_iam_policy.keys.arn
}

resource "aws_iam_group" "team" {
  name = "team"
  path = "/team/"
}

resource "aws_iam_group_membership" "team" {
  name  = "team"
  group = aws_iam_group.team.name
  users = [aws_iam_user.app.name]
}

resource "aws_iam_group_policy" "read" {
  name   = "read"
  group  = aws_iam_group.team.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:Describe*", Resource = "*" }] })
}

resource "aws_iam_group_policy_attachment" "read_only" {
  group      = aws_iam_group.team.name
  policy_arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.app.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["customer-7"]
    }
  }
}

resource "aws_iam_role" "worker" {
  name                 = "worker"
  path                 = "/team/"
  description          = "Works for the team ${var.team}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.boundary.arn
  tags                 = { team = var.team }
}

resource "aws_iam_role_policy" "random" {
  name   = "random"
  role   = aws_iam_role.worker.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:GenerateRandom", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "all" {
  for_each = {
    keys       = aws_iam_policy.keys.arn
    power_user = "arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser"
  }
  role       = aws_iam_role.worker.name
  policy_arn = each.value
}

output "account" { value = data.aws_caller_identity.current.account_id }
output "user_arn" { value = aws_iam_user.app.arn }
output "role_arn" { value = aws_iam_role.worker.arn }
output "access_key_id" { value = aws_iam_access_key.app.id }
output "secret_access_key" {
  value     = aws_iam_access_key.app.secret
  sensitive = true
}
