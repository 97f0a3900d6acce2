resource "aws_db_parameter_group" "tls" {
  name   = "parity-tls"
  family = "postgres13"
  parameter {
    name         = "rds.force_ssl"
    value        = "1"
    apply_method = "pending-reboot"
  }
}

resource "aws_db_instance" "kept" {
  identifier              = "parity-kept"
  engine                  = "postgres"
  engine_version          = "13.3"
  instance_class          = "db.t3.micro"
  allocated_storage       = 20
  username                = "keeper"
  password                = var.password
  storage_encrypted       = true
  kms_key_id              = aws_kms_key.records.arn
  backup_retention_period = 14
  multi_az                = true
  deletion_protection     = true
  skip_final_snapshot     = true
  parameter_group_name    = aws_db_parameter_group.tls.name
  tags                    = local.personal
}

resource "aws_db_instance" "loose" {
  identifier          = "parity-loose"
  engine              = "mysql"
  engine_version      = "8.0"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  username            = "keeper"
  password            = var.password
  publicly_accessible = true
  skip_final_snapshot = true
}

resource "aws_dynamodb_table" "kept" {
  name         = "parity-kept"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = local.personal
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.records.arn
  }
}

resource "aws_dynamodb_table" "loose" {
  name         = "parity-loose"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_redshift_cluster" "warehouse" {
  cluster_identifier  = "parity-warehouse"
  database_name       = "records"
  master_username     = "keeper"
  master_password     = var.password
  node_type           = "dc2.large"
  cluster_type        = "single-node"
  encrypted           = true
  kms_key_id          = aws_kms_key.records.arn
  publicly_accessible = false
  skip_final_snapshot = true
}
