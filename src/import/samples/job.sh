#!/bin/bash -l
#SBATCH -J recon --cpus-per-task=4 -t 1-12:30
#SBATCH --mem-per-cpu=2G --gres=gpu:a100:1
#SBATCH --array=1-20:2%5
module load FSL/6.0
cd "$(dirname "$0")" && run /data/study/raw '/data/study/out' > out/a.txt
