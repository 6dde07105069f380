"""DMENet: defocus map estimation from one photograph (Lee et al., CVPR 2019)."""
