# Cross-compiles for 64-bit ARM with Debian's g++-aarch64-linux-gnu; the tests run under qemu-user.
#   cmake -B build-arm64 -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64.cmake -DMYELIN_ADDON=OFF && cmake --build build-arm64 -j 2
#   ctest --test-dir build-arm64
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
