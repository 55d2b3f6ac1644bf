{
  'target_defaults': {
    'default_configuration': 'Release',
  },
  'targets': [
    {
      'target_name': 'myelin',
      'sources': ['<!@(node native/build.mjs sources)', '<!@(node native/build.mjs binding)'],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': ['NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'],
      'dependencies': ['kernels_baseline'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': ['<!@(node native/build.mjs flags all)', '-O3'],
      'xcode_settings': {
        'OTHER_CPLUSPLUSFLAGS': ['<!@(node native/build.mjs flags all)', '-O3'],
        'MACOSX_DEPLOYMENT_TARGET': '11.0',
      },
      'conditions': [
        # nodelete: the threads of the OpenMP team outlive the Node environment that loaded the addon, their code must stay.
        ['OS=="linux"', { 'cflags_cc': ['-fopenmp'], 'ldflags': ['-fopenmp', '-Wl,-z,nodelete'] }],
        ['target_arch=="x64"', { 'dependencies': ['kernels_avx2', 'kernels_avx512'] }],
        ['target_arch=="arm64"', { 'dependencies': ['kernels_neon'] }],
      ],
    },
    { 'target_name': 'kernels_baseline', 'variables': { 'isa': 'baseline' }, 'includes': ['native/isa_target.gypi'] },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        { 'target_name': 'kernels_avx2', 'variables': { 'isa': 'avx2' }, 'includes': ['native/isa_target.gypi'] },
        { 'target_name': 'kernels_avx512', 'variables': { 'isa': 'avx512' }, 'includes': ['native/isa_target.gypi'] },
      ],
    }],
    ['target_arch=="arm64"', {
      'targets': [
        { 'target_name': 'kernels_neon', 'variables': { 'isa': 'neon' }, 'includes': ['native/isa_target.gypi'] },
      ],
    }],
  ],
}
