// The four classic filters on a handwritten digit, side by side in one PNG: `node examples/imageFilters.mjs filters.png`.
import { writeFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import { applyFilter, imageFilters, mnist } from 'myelin';

const file = process.argv[2] ?? 'filters.png';
const { images } = await mnist({ split: 'test' });
const digit = images.at(61).reshape([28, 28]).cast('float32').div(255);

// Which values become black and white: those of an image, or all that the filter can give.
const panels = [
  { image: digit, black: 0, white: 1 },
  { image: applyFilter(digit, imageFilters.sharpen()), black: 0, white: 1 },
  { image: applyFilter(digit, imageFilters.blur()), black: 0, white: 1 },
  { image: applyFilter(digit, imageFilters.sobel('left')), black: -4, white: 4 },
  { image: applyFilter(digit, imageFilters.emboss()), black: -4, white: 5 },
];

const [scale, gap, size] = [4, 8, 28];
const [width, height] = [panels.length * (size * scale + gap) - gap, size * scale];
const rows = Buffer.alloc(height * (width + 1), 255); // each row starts with the number of its PNG filter
for (const [i, { image, black, white }] of panels.entries()) {
  const values = image.data();
  for (let y = 0; y < height; y++) {
    rows[y * (width + 1)] = 0;
    for (let x = 0; x < size * scale; x++) {
      const value = values[Math.floor(y / scale) * size + Math.floor(x / scale)];
      const grey = Math.round((255 * (value - black)) / (white - black));
      rows[y * (width + 1) + 1 + i * (size * scale + gap) + x] = Math.min(255, Math.max(0, grey));
    }
  }
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

const header = Buffer.alloc(13);
header.writeUInt32BE(width, 0);
header.writeUInt32BE(height, 4);
header[8] = 8; // bits; the other fields, 0, mean grey, deflated, not interlaced
const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const png = [signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))];
await writeFile(file, Buffer.concat(png));
console.log(`${file}: the digit, sharpened, blurred, its left edges, embossed`);
