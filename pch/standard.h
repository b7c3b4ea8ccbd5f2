// SPDX-License-Identifier: ISC
// Precompiled for the layers, to spare their builds the parsing of what nearly every file includes.
// A file still includes what it uses: it must compile with -Db_pch=false.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
