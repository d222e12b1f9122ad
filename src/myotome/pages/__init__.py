"""What people see, by stage of care; views translate, nothing else."""
