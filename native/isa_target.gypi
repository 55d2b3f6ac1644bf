# Shared by the targets of binding.gyp that compile isa_unit.cc for one instruction set. The path of the source must stay
# relative: gyp's make output has no rule for an absolute one.
{
  'type': 'static_library',
  'sources': ['kernels/isa_unit.cc'],
  'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-omit-frame-pointer'],
  'cflags!': ['-fno-omit-frame-pointer'],
  'cflags_cc': ['<!@(node native/build.mjs flags <(isa))'],
  'xcode_settings': {
    'OTHER_CPLUSPLUSFLAGS': ['<!@(node native/build.mjs flags <(isa))'],
    'MACOSX_DEPLOYMENT_TARGET': '11.0',
  },
}
