# Given to llama.cpp's build by .cargo/config.toml. Its library `common` is two fifths of what it compiles, and nothing here
# uses it; llama-cpp-2 asks llama-cpp-sys-2 for it even without its own feature `common`.
set(LLAMA_BUILD_COMMON OFF CACHE BOOL "not used" FORCE)
