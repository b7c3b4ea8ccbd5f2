// SPDX-License-Identifier: ISC
#include "services/http/media_types.h"

#include <algorithm>
#include <fstream>

namespace minetd::http {
namespace {

constexpr std::string_view unknown = "application/octet-stream";

constexpr const char* common[] = {
    "text/html html htm",
    "text/css css",
    "text/javascript js mjs",
    "text/plain txt log md conf",
    "text/csv csv",
    "text/calendar ics",
    "text/vtt vtt",
    "text/xml xsl",
    "application/json json map",
    "application/ld+json jsonld",
    "application/manifest+json webmanifest",
    "application/xml xml",
    "application/atom+xml atom",
    "application/rss+xml rss",
    "application/xhtml+xml xhtml",
    "application/pdf pdf",
    "application/wasm wasm",
    "application/zip zip",
    "application/gzip gz",
    "application/x-bzip2 bz2",
    "application/x-xz xz",
    "application/zstd zst",
    "application/x-7z-compressed 7z",
    "application/x-tar tar",
    "application/epub+zip epub",
    "image/png png",
    "image/jpeg jpg jpeg",
    "image/gif gif",
    "image/webp webp",
    "image/avif avif",
    "image/svg+xml svg",
    "image/vnd.microsoft.icon ico",
    "image/bmp bmp",
    "image/tiff tif tiff",
    "font/woff woff",
    "font/woff2 woff2",
    "font/ttf ttf",
    "font/otf otf",
    "audio/mpeg mp3",
    "audio/ogg ogg oga opus",
    "audio/flac flac",
    "audio/x-wav wav",
    "audio/mp4 m4a",
    "video/mp4 mp4 m4v",
    "video/webm webm",
    "video/ogg ogv",
    "video/quicktime mov",
    "video/x-matroska mkv",
};

constexpr std::size_t text_max = 255;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view take_word(std::string_view& line) noexcept {
    constexpr std::string_view blank = " \t\r";
    line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(blank));
    line.remove_prefix(word.size());
    return word;
}

}  // namespace

MediaTypes::MediaTypes(const char* file) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with('#')) add(line);
    for (const char* const line : common) add(line);
    // Who comes first in the file is right, and the file before the common ones.
    std::stable_sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
        return text(a.extension) < text(b.extension);
    });
    const auto same = [this](const Row& a, const Row& b) {
        return text(a.extension) == text(b.extension);
    };
    rows_.erase(std::unique(rows_.begin(), rows_.end(), same), rows_.end());
    rows_.shrink_to_fit();
    texts_.shrink_to_fit();
}

void MediaTypes::add(std::string_view line) {
    const std::string_view type = take_word(line);
    std::uint32_t at = 0;
    bool kept = false;
    for (std::string_view word; !(word = take_word(line)).empty();) {
        if (!kept) {
            std::string value(type);
            if (value.starts_with("text/")) value += "; charset=utf-8";
            if (value.size() > text_max) return;
            at = keep(value);
            kept = true;
        }
        if (word.size() > text_max) continue;
        std::string extension(word);
        std::ranges::transform(extension, extension.begin(), lower);
        rows_.push_back({keep(extension), at});
    }
}

std::uint32_t MediaTypes::keep(std::string_view text) {
    const auto at = static_cast<std::uint32_t>(texts_.size());
    texts_ += static_cast<char>(text.size());
    texts_ += text;
    return at;
}

std::string_view MediaTypes::text(std::uint32_t at) const noexcept {
    return std::string_view(texts_).substr(at + 1, static_cast<unsigned char>(texts_[at]));
}

std::string_view MediaTypes::of(std::string_view path) const noexcept {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos || name.size() - dot > 32) return unknown;
    char folded[32];
    const std::string_view raw = name.substr(dot + 1);
    std::ranges::transform(raw, folded, lower);
    const std::string_view wanted(folded, raw.size());
    const auto row = std::ranges::lower_bound(rows_, wanted, {},
                                              [this](const Row& r) { return text(r.extension); });
    return row != rows_.end() && text(row->extension) == wanted ? text(row->type) : unknown;
}

}  // namespace minetd::http
