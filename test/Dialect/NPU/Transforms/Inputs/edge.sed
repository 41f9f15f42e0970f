# Makes a chip with one core, 128 KiB of memory and slow DRAM of atom.yaml.
s/^name: atom/name: edge/
s/^cores: { value: 8/cores: { value: 1/
s/^  bytes: { value: 4194304/  bytes: { value: 131072/
s/^  bytes_per_second: { value: 256.0e+9/  bytes_per_second: { value: 4.0e+9/
/^shared_memory:/,/^$/d
