resource "aws_s3_bucket" "logs" {
  bucket = "parity-logs"
  acl    = "log-delivery-write"
}

# Everything inline, as providers before 4 have it.
resource "aws_s3_bucket" "inline" {
  bucket = "parity-inline"
  acl    = "private"
  tags   = local.personal
  versioning {
    enabled = true
  }
  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = aws_kms_key.records.arn
      }
    }
  }
  logging {
    target_bucket = aws_s3_bucket.logs.id
    target_prefix = "inline/"
  }
  lifecycle_rule {
    enabled = true
    expiration {
      days = 400
    }
    noncurrent_version_expiration {
      days = 30
    }
  }
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "tls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::parity-inline", "arn:aws:s3:::parity-inline/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# The settings that are resources of their own in every version.
resource "aws_s3_bucket" "split" {
  for_each = toset(["a", "b"])
  bucket   = "parity-split-${each.key}"
  tags     = local.personal
}

resource "aws_s3_bucket_public_access_block" "split" {
  for_each                = aws_s3_bucket.split
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = each.key == "a"
}

resource "aws_s3_bucket_ownership_controls" "split" {
  for_each = aws_s3_bucket.split
  bucket   = each.value.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket" "public" {
  bucket = "parity-public"
}

resource "aws_s3_bucket_public_access_block" "public" {
  bucket                  = aws_s3_bucket.public.id
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_ownership_controls" "public" {
  bucket = aws_s3_bucket.public.id
  rule {
    object_ownership = "ObjectWriter"
  }
}

data "aws_iam_policy_document" "open" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.public.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_s3_bucket_policy" "public" {
  bucket = aws_s3_bucket.public.id
  policy = data.aws_iam_policy_document.open.json
}

resource "aws_s3_bucket" "plain" {
  bucket = "parity-plain"
}

resource "aws_s3_bucket" "locked" {
  bucket = "parity-locked"
  versioning {
    enabled = true
  }
  object_lock_configuration {
    object_lock_enabled = "Enabled"
    rule {
      default_retention {
        mode = "COMPLIANCE"
        days = 30
      }
    }
  }
}
