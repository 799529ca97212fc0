# A private network as teams have it: a VPC with subnets in two zones, groups with rules of their own, route tables, and an endpoint
# for KMS with a policy; a key that is used through it alone, an alias, and a grant.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

# Where Postern is, what to trust and who asks stand in the environment, as "postern env" sets it.
provider "aws" {
  region = "us-west-2"
}

variable "private_dns" {
  type    = bool
  default = true
}
variable "actions" {
  type    = list(string)
  default = ["kms:Encrypt", "kms:DescribeKey"]
}
variable "zones" {
  type    = number
  default = 2
}
variable "host" {
  type    = number
  default = 100
}

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}
data "aws_availability_zones" "available" { state = "available" }
data "aws_vpc_endpoint_service" "kms" { service = "kms" }

resource "aws_vpc" "main" {
  cidr_block                       = "10.20.0.0/16"
  enable_dns_support               = true
  enable_dns_hostnames             = true
  assign_generated_ipv6_cidr_block = true
  tags                             = { Name = "main" }
}

resource "aws_vpc_ipv4_cidr_block_association" "more" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.21.0.0/16"
}

resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  ipv6_cidr_block   = cidrsubnet(aws_vpc.main.ipv6_cidr_block, 8, count.index)
  availability_zone = data.aws_availability_zones.available.names[count.index]
  tags              = { Name = "private-${count.index}" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
  tags = { Name = "public" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table_association" "private" {
  count          = 2
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}

resource "aws_main_route_table_association" "main" {
  vpc_id         = aws_vpc.main.id
  route_table_id = var.private_dns ? aws_route_table.private.id : aws_route_table.public.id
}

# Terraform takes the rules away that the VPC was born with, and makes these.
resource "aws_default_network_acl" "main" {
  default_network_acl_id = aws_vpc.main.default_network_acl_id
  ingress {
    rule_no    = 100
    protocol   = "-1"
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }
  egress {
    rule_no    = 100
    protocol   = "-1"
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }
  lifecycle { ignore_changes = [subnet_ids] }
}

resource "aws_network_acl" "endpoints" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.private[1].id]
  ingress {
    rule_no    = 100
    protocol   = "tcp"
    action     = "allow"
    cidr_block = var.zones == 2 ? aws_vpc.main.cidr_block : "10.0.0.0/8"
    from_port  = 443
    to_port    = 443
  }
  egress {
    rule_no    = 100
    protocol   = "tcp"
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 1024
    to_port    = 65535
  }
}

resource "aws_security_group" "clients" {
  name        = "clients"
  description = "Who may reach KMS"
  vpc_id      = aws_vpc.main.id
}

# The rules stand in the group itself.
resource "aws_security_group" "legacy" {
  name   = "legacy"
  vpc_id = aws_vpc.main.id
  ingress {
    description = "HTTPS from the second block"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = [aws_vpc_ipv4_cidr_block_association.more.cidr_block]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

# The rules are resources of their own.
resource "aws_security_group" "endpoint" {
  name_prefix = "endpoint-"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "from_vpc" {
  security_group_id = aws_security_group.endpoint.id
  cidr_ipv4         = aws_vpc.main.cidr_block
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
  description       = "HTTPS from the VPC, zones: ${var.zones}"
  tags              = { Name = "from-vpc" }
}

resource "aws_vpc_security_group_ingress_rule" "from_clients" {
  security_group_id            = aws_security_group.endpoint.id
  referenced_security_group_id = aws_security_group.clients.id
  from_port                    = 443
  to_port                      = 443
  ip_protocol                  = "tcp"
}

data "aws_iam_policy_document" "endpoint" {
  statement {
    actions   = var.actions
    resources = [aws_kms_key.orders.arn]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_vpc_endpoint" "kms" {
  vpc_id              = aws_vpc.main.id
  service_name        = data.aws_vpc_endpoint_service.kms.service_name
  vpc_endpoint_type   = "Interface"
  subnet_ids          = slice(aws_subnet.private[*].id, 0, var.zones)
  security_group_ids  = [aws_security_group.endpoint.id]
  private_dns_enabled = var.private_dns
  policy              = data.aws_iam_policy_document.endpoint.json
  ip_address_type     = "ipv4"
  tags                = { Name = "kms" }

  dns_options { dns_record_ip_type = "ipv4" }
  dynamic "subnet_configuration" {
    for_each = slice(aws_subnet.private, 0, var.zones)
    content {
      subnet_id = subnet_configuration.value.id
      ipv4      = cidrhost(subnet_configuration.value.cidr_block, var.host)
    }
  }
}

# What belongs to the second endpoint is resources of their own.
resource "aws_vpc_endpoint" "sts" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.sts"
  vpc_endpoint_type = "Interface"
}

resource "aws_vpc_endpoint_subnet_association" "sts" {
  vpc_endpoint_id = aws_vpc_endpoint.sts.id
  subnet_id       = aws_subnet.private[1].id
}

resource "aws_vpc_endpoint_security_group_association" "sts" {
  vpc_endpoint_id             = aws_vpc_endpoint.sts.id
  security_group_id           = aws_security_group.endpoint.id
  replace_default_association = true
}

resource "aws_vpc_endpoint_policy" "sts" {
  vpc_endpoint_id = aws_vpc_endpoint.sts.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "sts:GetCallerIdentity", Resource = "*" }]
  })
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
    sid       = "OnlyThroughTheEndpoint"
    effect    = "Deny"
    actions   = ["kms:Encrypt", "kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "StringNotEquals"
      variable = "aws:SourceVpce"
      values   = [aws_vpc_endpoint.kms.id]
    }
  }
}

resource "aws_kms_key" "orders" {
  deletion_window_in_days = 7
}

resource "aws_kms_key_policy" "orders" {
  key_id = aws_kms_key.orders.id
  policy = data.aws_iam_policy_document.orders.json
}

resource "aws_kms_alias" "orders" {
  name          = "alias/orders"
  target_key_id = aws_kms_key.orders.key_id
}

resource "aws_iam_user" "app" {
  name = "app"
}

resource "aws_iam_access_key" "app" {
  user = aws_iam_user.app.name
}

resource "aws_kms_grant" "app" {
  key_id            = aws_kms_key.orders.key_id
  grantee_principal = aws_iam_user.app.arn
  operations        = ["Encrypt", "Decrypt"]
}

data "aws_vpc_endpoint" "kms" {
  vpc_id       = aws_vpc.main.id
  service_name = aws_vpc_endpoint.kms.service_name
}

output "vpc_id" { value = aws_vpc.main.id }
output "endpoint_id" { value = aws_vpc_endpoint.kms.id }
output "endpoint_as_read" { value = data.aws_vpc_endpoint.kms.id }
output "key_id" { value = aws_kms_key.orders.key_id }
output "access_key_id" { value = aws_iam_access_key.app.id }
output "secret_access_key" {
  value     = aws_iam_access_key.app.secret
  sensitive = true
}
