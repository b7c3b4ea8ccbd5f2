// SPDX-License-Identifier: ISC
// Where a loadable service is: `internal NAME` with a NAME that is no builtin's is a shared object.
// Here it is looked at, never opened; that is for the process of the service's user.
#pragma once

#include <string>
#include <string_view>

namespace minetd {

/// Where modules are looked for, without a slash at its end.
std::string_view module_directory() noexcept;

/// NAME.so in the module directory; NAME itself when it is an absolute path that ends in `.so`.
/// Empty when it is neither that nor a plain word.
std::string module_file(std::string_view name);

/// What is wrong with the file, as the end of a sentence; empty when nothing is. When minetd runs
/// as root nobody but its owner may be able to change it.
std::string module_fault(const std::string& file);

/// Changes when the file does or is replaced; empty when there is none.
std::string module_stamp(const std::string& file);

}  // namespace minetd
