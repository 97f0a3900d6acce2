resource "aws_sqs_queue" "dead" {
  name = "parity-dead"
}

resource "aws_sqs_queue" "kept" {
  name                              = "parity-kept"
  kms_master_key_id                 = aws_kms_key.records.arn
  kms_data_key_reuse_period_seconds = 300
  message_retention_seconds         = 86400
  redrive_policy                    = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 3 })
  tags                              = local.personal
}

resource "aws_sqs_queue" "open" {
  name = "parity-open"
}

resource "aws_sqs_queue_policy" "open" {
  queue_url = aws_sqs_queue.open.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "all", Effect = "Allow", Principal = "*", Action = "sqs:SendMessage", Resource = aws_sqs_queue.open.arn }]
  })
}

resource "aws_sns_topic" "kept" {
  name              = "parity-kept"
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sns_topic" "open" {
  name = "parity-open"
}

resource "aws_sns_topic_policy" "open" {
  arn = aws_sns_topic.open.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "partner", Effect = "Allow", Principal = { AWS = "arn:aws:iam::210987654321:root" }, Action = "sns:Publish", Resource = aws_sns_topic.open.arn }]
  })
}

resource "aws_ebs_volume" "kept" {
  availability_zone = "eu-west-2a"
  size              = 8
  encrypted         = true
  kms_key_id        = aws_kms_key.records.arn
  tags              = local.personal
}

resource "aws_ebs_volume" "loose" {
  availability_zone = "eu-west-2a"
  size              = 8
}

resource "aws_ebs_snapshot" "kept" {
  volume_id = aws_ebs_volume.kept.id
}

resource "aws_efs_file_system" "kept" {
  creation_token = "parity-kept"
  encrypted      = true
  kms_key_id     = aws_kms_key.records.arn
  tags           = local.personal
}

resource "aws_efs_file_system" "loose" {
  creation_token = "parity-loose"
}

resource "aws_cloudwatch_log_group" "kept" {
  name              = "parity-kept"
  retention_in_days = 400
}

resource "aws_cloudwatch_log_group" "loose" {
  name = "parity-loose"
}

resource "aws_secretsmanager_secret" "kept" {
  name                    = "parity-kept"
  kms_key_id              = aws_kms_key.records.arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret" "loose" {
  name = "parity-loose"
}

resource "aws_ssm_parameter" "secret" {
  name  = "/parity/secret"
  type  = "SecureString"
  value = var.password
}

resource "aws_kinesis_stream" "kept" {
  name             = "parity-kept"
  shard_count      = 1
  retention_period = 48
  encryption_type  = "KMS"
  kms_key_id       = aws_kms_key.records.arn
}

resource "aws_ecr_repository" "kept" {
  name = "parity-kept"
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.records.arn
  }
}

resource "aws_glue_catalog_database" "records" {
  name = "parity_records"
}

resource "aws_backup_vault" "kept" {
  name        = "parity-kept"
  kms_key_arn = aws_kms_key.records.arn
}
