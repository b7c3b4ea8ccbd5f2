// SPDX-License-Identifier: ISC
#include "daemon/config/credential_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "daemon/os/system_error.h"
#include "daemon/os/unique_fd.h"

namespace minetd {
namespace {

constexpr std::size_t most_bytes = 1 << 20;  ///< of one credential; systemd's limit of all
constexpr std::size_t longest_name = 255;

bool is_file_name(const std::string& name) {
    return !name.empty() && name.size() <= longest_name && name != "." && name != ".." &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return c > ' ' && c <= '~' && c != '/'; });
}

}  // namespace

CredentialSource credential_source(const std::string& word) {
    const std::size_t colon = word.find(':');
    CredentialSource source{.name = word.substr(0, colon), .file = {}};
    if (!is_file_name(source.name))
        throw BadValue(fmt::format("`{}` is not the name of a credential", source.name),
                       "write NAME or NAME:FILE, with a name that a file can have");
    if (colon == std::string::npos) return source;
    source.file = word.substr(colon + 1);
    if (!source.file.starts_with('/'))
        throw BadValue(fmt::format("`{}` is not an absolute path", source.file),
                       "write NAME:/PATH, or NAME alone for one of the service manager's");
    return source;
}

std::string read_credential(const CredentialSource& source) {
    std::string path = source.file;
    if (path.empty()) {
        const char* given = std::getenv("CREDENTIALS_DIRECTORY");
        if (given == nullptr)
            throw std::runtime_error(fmt::format(
                "credential {}: the service manager gave minetd none (LoadCredential= in its unit)",
                source.name));
        path = std::string(given) + '/' + source.name;
    }
    const auto fail = [&](const std::string& why) {
        throw std::runtime_error(fmt::format("credential {}: {}: {}", source.name, path, why));
    };
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!file) fail(error_text(errno));
    struct stat status {};
    if (::fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode)) fail("not a regular file");
    std::string text;
    char bytes[4096];
    ssize_t got;
    while ((got = ::read(file.get(), bytes, sizeof bytes)) > 0) {
        text.append(bytes, static_cast<std::size_t>(got));
        if (text.size() > most_bytes) fail("more than 1 MiB");
    }
    if (got < 0) fail(error_text(errno));
    return text;
}

void codec::Credentials::apply(const Attribute& row, std::vector<std::string>& value, Operator op,
                               Words words) {
    for (const Word& word : words) {
        // What is taken away may be named as it was given.
        try {
            static_cast<void>(credential_source(word.text));
        } catch (const BadValue& bad) {
            throw BadValue(bad.what(), bad.advice, static_cast<std::size_t>(&word - words.data()));
        }
    }
    List::apply(row, value, op, words);
    for (auto one = value.begin(); one != value.end(); ++one)
        for (auto other = value.begin(); other != one; ++other)
            if (credential_source(*one).name == credential_source(*other).name)
                throw BadValue(
                    fmt::format("there are two credentials `{}`", credential_source(*one).name),
                    "leave one out");
}

}  // namespace minetd
